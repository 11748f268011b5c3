// The way out: how fast what is committed gets to where it is read, what that costs those who append, and how fast it is read there.
import type { Bench } from '../index.ts'
import { brokers } from './brokers.ts'
import { cost } from './cost.ts'
import { reads } from './reads.ts'
import { sinks } from './sinks.ts'
import { visible } from './visible.ts'

export const out: Bench = async ({ server, say }) => {
  await using started = await brokers()
  return [
    ...(await sinks(server, started, say)),
    ...(await visible(server, started, say)),
    ...(await cost(server, started, say)),
    ...(await reads(server, say)),
  ]
}
