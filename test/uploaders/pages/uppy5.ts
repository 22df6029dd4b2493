import { createUppy } from "../uppy5/uppy5Integration.ts";
import { serveUppy } from "./uppy.ts";

serveUppy(createUppy);
