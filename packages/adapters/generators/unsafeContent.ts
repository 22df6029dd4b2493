/** Whether a provider's error says that it refuses the content of a request, or of what it generated. */
export const namesUnsafeContent = (text: string) =>
  /content.?(policy|filter)|moderation|safety|unsafe|nsfw|flagged|sensitive|responsible.?ai/i.test(
    text,
  );
