/**
 * Text from outside, to show in one line: in NFC, without line breaks, control and formatting characters (a
 * right-to-left mark could make it read `gnp.exe`), cut to `maxChars`. Empty when nothing is left.
 */
export function displayText(text: string, maxChars: number): string {
  return text
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim()
    .slice(0, maxChars)
    .replace(/[\ud800-\udbff]$/, ""); // the first half of a pair that was cut
}
