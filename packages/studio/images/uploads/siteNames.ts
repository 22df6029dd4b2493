/** What people call the sites of the hosts that are allowed by default. */
const names: [host: RegExp, name: string][] = [
  [/(^|\.)replicate\.delivery$/, "Replicate"],
  [/(^|\.)fal\.media$/, "fal"],
  [/^oaidalle\w*\.blob\.core\.windows\.net$/, "OpenAI"],
  [/\.hf\.space$/, "Hugging Face Spaces"],
  [/^comfy-deploy-output\./, "ComfyDeploy"],
  [/(^|\.)midjourney\.com$/, "Midjourney"],
];

/** `Replicate, fal and pictures.example.com`: the sites of hosts such as `*.fal.media`, each once. */
export function sitesOf(hosts: readonly string[]): string {
  const sites = hosts.map(
    (host) => names.find(([pattern]) => pattern.test(host))?.[1] ?? host.replace(/^\*\./, ""),
  );
  return lists.format(new Set(sites));
}

const lists = new Intl.ListFormat("en-GB");
