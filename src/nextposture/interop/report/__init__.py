"""The report for a physiotherapist: each section a module, `whole` all of them, `files` HTML and PDF."""
