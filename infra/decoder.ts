/**
 * What a function needs that decodes images: the program of its child process, which is found below the
 * working directory, and sharp beside it.
 */
export const decodes = {
  copyFiles: [{ from: "packages/adapters/decoder/child", to: "decoder" }],
  nodejs: { install: ["sharp"] },
};
