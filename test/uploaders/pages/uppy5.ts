import { createUppy } from "../uppy5/uppy5.ts";
import { serveUppy } from "./uppy.ts";

serveUppy(createUppy);
