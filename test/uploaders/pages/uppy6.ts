import { createUppy } from "../uppy6Integration.ts";
import { serveUppy } from "./uppy.ts";

serveUppy(createUppy);
