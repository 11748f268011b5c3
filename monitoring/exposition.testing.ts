// For tests: the Prometheus text format, read: families with their help and type, and the series of each.

export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly series: readonly Series[]
}

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

export function readExposition(text: string): readonly Family[] {
  const families: (Family & { readonly series: Series[] })[] = []
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line)
    const type = /^# TYPE (\S+) (.*)$/.exec(line)
    const sample = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (help) families.push({ name: help[1] ?? '', help: help[2] ?? '', type: '', series: [] })
    const last = families.at(-1)
    if (type && last) families.splice(-1, 1, { ...last, type: type[2] ?? '' })
    if (!sample || !last) continue
    const labels = Object.fromEntries([...(sample[2] ?? '').matchAll(LABEL)].map(([, name = '', value = '']) => [name, value]))
    last.series.push({ name: sample[1] ?? '', labels, value: Number(sample[3]) })
  }
  return families
}
