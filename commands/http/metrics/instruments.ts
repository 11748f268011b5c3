// What every measure is made with: its registry, and buckets.
import { Gauge, type Registry } from 'prom-client'

export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const COUNTS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000]

/** A gauge that is looked up when it is asked for. */
export function lookedUp(registry: Registry, name: string, help: string, value: () => number | Promise<number>): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: async () => gauge.set(await value()) })
}

/** Finding a labelled series costs more than counting in it. */
export function remembered<Series>(make: (...labels: readonly string[]) => Series): (...labels: readonly string[]) => Series {
  const made = new Map<string, Series>()
  return (...labels) => {
    const key = labels.join(' ')
    let series = made.get(key)
    if (series === undefined) made.set(key, (series = make(...labels)))
    return series
  }
}
