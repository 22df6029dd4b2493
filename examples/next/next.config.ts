import type { NextConfig } from "next";

/** Run with KEEPSAKE_API_URL=… KEEPSAKE_SERVICE_KEY=ks_… npm start */
export default {
  env: { KEEPSAKE_API_URL: process.env.KEEPSAKE_API_URL ?? "" }, // the page may read it; the key stays on the server
  turbopack: { root: import.meta.dirname },
} satisfies NextConfig;
