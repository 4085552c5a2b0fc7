"""Studies over a population: who, in which scenarios, with which outcomes; see docs/study.md.

Needs the extra `studies`. Nothing heavy is imported until a study runs.
"""
