// Plain JavaScript, so that an old Node can run it and report which version is needed.
const major = Number(process.versions.node.split(".")[0]);
if (major < 22) {
  console.error(
    `Keepsake needs Node 22 or newer, and this is ${process.version}.\n` +
      "On Linux, npm ci puts Node 24 into the project and npm start uses it. " +
      "On other systems, install Node 24 yourself.",
  );
  process.exit(1);
}

const [command, ...args] = process.argv.slice(2);
const commands = {
  start: () => import("./commands/start.ts"),
  demo: () => import("./commands/demo.ts"),
  telegram: () => import("./commands/telegram.ts"),
  migrate: () => import("./commands/migrate.ts"),
};
const { main } = await commands[command]();
await main(args).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
