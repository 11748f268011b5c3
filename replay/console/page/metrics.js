// Prometheus's text format, as far as it is needed: samples by name, and what can be said of them.

/** @typedef {{ readonly labels: Readonly<Record<string, string>>, readonly value: number }} Sample */
/** @typedef {ReadonlyMap<string, readonly Sample[]>} Metrics */

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /(\w+)="((?:\\.|[^"\\])*)"/g

/** @param {string} text @returns {Metrics} */
export function metricsOf(text) {
  /** @type {Map<string, Sample[]>} */
  const found = new Map()
  const samplesOf = (/** @type {string} */ name) => found.get(name) ?? found.set(name, []).get(name) ?? []
  for (const line of text.split('\n')) {
    // what is counted, and has not happened yet
    if (line.startsWith('# TYPE ')) samplesOf(line.split(' ')[2] ?? '')
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name !== undefined) samplesOf(name).push({ labels: labelsOf(labels), value: Number(value) })
  }
  return found
}

/** @param {string} text */
const labelsOf = (text) => Object.fromEntries([...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value]))

/** The sum over all labels. Undefined: the server does not count this. @param {Metrics} metrics @param {string} name @returns {number | undefined} */
export const total = (metrics, name) => metrics.get(name)?.reduce((sum, { value }) => sum + value, 0)

/** The mean of a histogram. @param {Metrics} metrics @param {string} name */
export function mean(metrics, name) {
  const [sum, count] = [total(metrics, `${name}_sum`), total(metrics, `${name}_count`)]
  return sum === undefined || !count ? undefined : sum / count
}

/** Commands that were not done. @param {Metrics} metrics */
export const refused = (metrics) =>
  metrics.get('strata_commands_total')?.reduce((sum, { labels, value }) => sum + (DONE.includes(labels['outcome'] ?? '') ? 0 : value), 0)

const DONE = ['applied', 'replayed', 'unchanged', 'dry_run']

/** Only the samples with this label. @param {Metrics} metrics @param {string} label @param {string} is @returns {Metrics} */
export const only = (metrics, label, is) =>
  new Map([...metrics].map(([name, samples]) => [name, samples.filter(({ labels }) => labels[label] === is)]))
