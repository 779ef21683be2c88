// Plain web: no LMS at all, only this browser's own memory.

import { offer } from "./connection.js";

offer("none", () => null);
