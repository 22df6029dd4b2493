import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as companion from "@uppy/companion";
import express from "express";
import { handleCalls } from "../support/forkedProcess.ts";

/** Uppy Companion's route for a direct upload to S3, in its own Express app, without authentication. */
const { app } = companion.app({
  secret: "a secret of some length",
  filePath: process.env.COMPANION_FILES,
  server: { host: "127.0.0.1", protocol: "http" },
  uploadUrls: ["https://example.com"],
  corsOrigins: true,
  s3: {
    key: "r2",
    secret: "r2",
    bucket: "incoming",
    region: "auto",
    endpoint: "https://account.r2.cloudflarestorage.com",
    forcePathStyle: true,
    expires: 300,
  },
});
const server = express().use(app).listen(0, "127.0.0.1");

handleCalls({
  async start() {
    if (!server.listening) await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  cpu: () => process.cpuUsage(),
});
