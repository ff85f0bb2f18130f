/** Values as Ruby source. */

/** In double quotes, where only `"`, `\` and `#` mean something. */
export function rubyString(text: string): string {
  const escaped = text.replace(/[\\"#]/g, (found) => `\\${found}`);
  return `"${escaped.replaceAll('\n', '\\n')}"`;
}

/** On one line, behind `#`. */
export function rubyComment(text: string): string {
  return `# ${text.replace(/\s+/g, ' ').trim()}`;
}
