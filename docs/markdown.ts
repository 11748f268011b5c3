// What the tests of the documentation need of Markdown: fenced code blocks, and whether an output is as a page shows it. In a page, a block marked `sh` is run as it stands; a block marked `text`
// right after it is what it prints, where `…` stands for anything.

export interface Fence {
  /** The first word after the backticks. */
  readonly language: string
  /** The rest of that line: for files, the path. */
  readonly info: string
  readonly text: string
  /** Line of the page, from 1, at which it opens. */
  readonly line: number
}

export interface Snippet {
  readonly script: string
  readonly expected: string | undefined
  readonly line: number
}

const FENCE = /^```(\S*)[ \t]*(.*)\n([\s\S]*?)^```$/gm

export function fences(markdown: string): readonly Fence[] {
  return [...markdown.matchAll(FENCE)].map(({ 1: language = '', 2: info = '', 3: text = '', index }) => ({
    language,
    info: info.trim(),
    text,
    line: markdown.slice(0, index).split('\n').length,
  }))
}

/** The snippets to run, in order, each with the output that follows it. */
export function snippets(markdown: string): readonly Snippet[] {
  const blocks = fences(markdown)
  return blocks.flatMap(({ language, text, line }, n) => {
    const next = blocks[n + 1]
    return language === 'sh' ? [{ script: text, expected: next?.language === 'text' ? next.text : undefined, line }] : []
  })
}

const quoted = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
/** How many blanks there are between words is layout. */
const squeezed = (text: string): string =>
  text
    .replaceAll('\r', '')
    .trim()
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')

export const isAsShown = (output: string, expected: string): boolean =>
  new RegExp(
    `^${squeezed(expected)
      .split(/ ?… ?/)
      .map((part) => quoted(part))
      .join('[\\s\\S]*?')}$`,
  ).test(squeezed(output))
