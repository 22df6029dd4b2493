import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** Validates values by schemas of an OpenAPI document, each compiled on first use. */
export function schemaChecker(document: object) {
  const ajv = new Ajv2020({ strict: false, validateSchema: false });
  formats.default(ajv);
  ajv.addSchema(document, "openapi");
  const compiled = new Map<string, ValidateFunction>();

  /** The validator of the schema at a place, such as `["paths", "/worlds", "post", …]`. */
  function validator(...place: (string | number)[]): ValidateFunction {
    const pointer = place.map((key) => encodeURIComponent(escapePointer(String(key)))).join("/");
    let validate = compiled.get(pointer);
    if (!validate) {
      validate = ajv.compile({ $ref: `openapi#/${pointer}` });
      compiled.set(pointer, validate);
    }
    return validate;
  }

  return {
    validator,
    /** What is wrong with a value, by the schema at a place: none when it is valid. */
    problems(value: unknown, ...place: (string | number)[]): string[] {
      const validate = validator(...place);
      if (validate(value)) return [];
      return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}

const escapePointer = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");
