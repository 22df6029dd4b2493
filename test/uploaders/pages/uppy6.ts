import { createUppy } from "../uppy6.ts";
import { serveUppy } from "./uppy.ts";

serveUppy(createUppy);
