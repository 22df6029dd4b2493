import { type QueueName, queues } from "@keepsake/contract/queues";
import { Resource } from "@keepsake/functions/services/sstLinks";

/** The links that the operator's tools read directly; the functions' services read the others. */
export const links = {
  stage: () => Resource.App.stage,
  images: () => Resource.Images,
  incoming: () => Resource.Incoming,
  incomingWeb() {
    if ("IncomingWeb" in Resource) return Resource.IncomingWeb;
    throw new Error(
      "There is one pair of R2 keys, of an earlier release: set R2WebAccessKeyId and R2WebSecretAccessKey and deploy (docs/deploy.md); on this machine restart npm start",
    );
  },
  private() {
    if ("Private" in Resource) return Resource.Private;
    throw new Error(
      "There is no private bucket: deploy this release first (docs/deploy.md); on this machine restart npm start",
    );
  },
  database: () => Resource.Database,
  telegram: () => Resource.Telegram,
  rehostHosts: () => Resource.RehostHosts.hosts.split(" "),
  webhookSecret: () => Resource.TelegramWebhook.secret,
  apiUrl: () => Resource.Api.url,
  queueUrl: (name: QueueName) => Resource[name].url,
  deadLetterUrl: (name: QueueName) => Resource[`${name}Dead`].url,
  /** The receiver of events; without a URL on a stage that has none, or of an earlier release. */
  webhook: () => ("Webhook" in Resource ? Resource.Webhook : { url: "", secret: "" }),
  /** Of the queues that the stage has: without a `WEBHOOK_URL` there is no `EventQueue`. */
  queueNames: () => (Object.keys(queues) as QueueName[]).filter((name) => name in Resource),
};

/** Whether a stage has a bot: without one, `none` stands in place of its token (infra/secrets.ts). */
export const hasBot = ({ botToken }: { botToken: string }) => botToken !== "none";
