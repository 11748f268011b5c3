// What the doctor looks at on this machine: Node, and the disk under the data directory.

import { statfs } from 'node:fs/promises'
import { type Finding, fail, ok, warn } from './check.ts'

const TESTED_NODE = 24
const OLDEST_NODE = 22
const GIGABYTE = 1024 ** 3
const FEW_GIGABYTES = 5
const TOO_FEW_GIGABYTES = 0.5

export function node(version: string = process.versions.node): Finding {
  const major = Number.parseInt(version, 10)
  const advice = 'use `npm run strata`, which brings its own Node, or install Node 24'
  if (major >= TESTED_NODE) return ok(`Node ${version}`)
  return major >= OLDEST_NODE ? warn(`Node ${version}, which is not tested`, advice) : fail(`Node ${version} is too old`, advice)
}

export async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize, blocks } = await statfs(folder)
  const free = (bavail * bsize) / GIGABYTE
  const detail = `${free.toFixed(1)} GB of ${((blocks * bsize) / GIGABYTE).toFixed(1)} GB are free under ${folder}`
  if (free >= FEW_GIGABYTES) return ok(detail)
  const advice = 'make room, or move the data directory (STRATA_DATA_DIR): a full disk stops the ledger'
  return free >= TOO_FEW_GIGABYTES ? warn(detail, advice) : fail(detail, advice)
}
