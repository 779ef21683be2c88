/** The licences that a work may have, and what they are called. */
import { sayIfKnown } from "./words.js";

export const LICENCES = [
  "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "PDM-1.0", "NLOD-2.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0",
  "CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-NC-3.0", "CC-BY-NC-SA-3.0", "CC-BY-ND-3.0", "CC-BY-NC-ND-3.0", "GFDL-1.3", "all-rights-reserved", "GROUP",
];

export function licenceName(id) { return sayIfKnown(`licence_${id}`, id.replace(/^CC-/, "CC ").replace(/-(\d)/, " $1")); }
