// Reads resources, one a line, and prints what the npm package `fhir` finds wrong with them, one line each.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Fhir } = createRequire(process.argv[2])("fhir");
const fhir = new Fhir();
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const resource = JSON.parse(line);
  const name = `${resource.resourceType}/${resource.id ?? ""}`;
  for (const one of fhir.validate(resource, { errorOnUnexpected: true }).messages) {
    console.log(`${one.severity}: ${name}: ${one.location}: ${one.message}`);
  }
  // To XML and back: only what the library's own tables know gets through.
  const again = fhir.xmlToObj(fhir.objToXml(resource));
  for (const key of Object.keys(resource)) {
    if (!(key in again)) console.log(`error: ${name}: ${key} is lost on the way through XML`);
  }
}
