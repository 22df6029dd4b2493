import { isNewEnough, needed } from "./neededVersion.mjs";

/** Every npm script that needs a newer Node than npm loads or runs this file first. It ends an older one. */
if (!isNewEnough(process.versions.node)) {
  console.error(
    `${needed}, and this is ${process.version}. ` +
      "On Linux, run npm ci without --ignore-scripts: it installs Node 24 into this folder, and npm run uses it. " +
      "Or install Node 24 yourself.",
  );
  process.exit(1);
}
