"""The clinic's FHIR R4 API: what resources are made of, who may ask for them, the HTTP around them."""
