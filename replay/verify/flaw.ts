// What can be wrong with a row among the others of its partition and its command, and how that is told. feed-page.ts has the condition of each, in SQL.
import type { Check, Difference } from './difference.ts'
import type { JudgedRow } from './feed-page.ts'

export type Flaw =
  | 'gap'
  | 'positionTwice'
  | 'fallingTime'
  | 'otherTimeThanFirst'
  | 'otherTimeThanRest'
  | 'apart'
  | 'seqBeyondSize'
  | 'noHash'
  | 'hashOfAnother'
  | 'foreignKey'
  | 'otherSizeThanPlaces'
  | 'restMissing'
  | 'firstMissing'
  | 'otherSizeThanFirst'
  | 'notPointedTo'
  | 'appliedTwice'
  | 'unbalanced'

interface Telling {
  readonly check: Check
  readonly detail: (row: JudgedRow) => string
}

const tell = (check: Check, detail: string | ((row: JudgedRow) => string)): Telling => ({
  check,
  detail: typeof detail === 'string' ? () => detail : detail,
})

const gap = ({ position_before: before, position }: JudgedRow): string =>
  before + 2 === position ? `position ${before + 1} is missing` : `positions ${before + 1} to ${position - 1} are missing`

const tellings: Readonly<Record<Flaw, Telling>> = {
  gap: tell('positions', gap),
  positionTwice: tell('positions', ({ position }) => `position ${position} is there twice`),
  fallingTime: tell('recorded_at', ({ recorded_at: at }) => `is recorded at ${at}, before the row in front of it`),
  otherTimeThanFirst: tell('recorded_at', 'is not recorded at the same instant as the first row of its command'),
  otherTimeThanRest: tell('recorded_at', 'is not recorded at the same instant as the other rows of its command'),
  apart: tell('unit', 'the rows of its command do not stand together'),
  seqBeyondSize: tell('command', ({ command_seq: seq, command_size: size }) => `has the number ${seq} in a command of ${size} rows`),
  noHash: tell('command', 'is the first row of its command, but has no hash'),
  hashOfAnother: tell('command', 'has a hash or places, but is not the first row of its command'),
  foreignKey: tell('command', ({ command_scope: scope }) => `its command has a key of ${scope}, who is not its owner`),
  otherSizeThanPlaces: tell(
    'command',
    ({ command_size: size, others }) => `its command has ${size} rows, and the places of ${others} others`,
  ),
  restMissing: tell(
    'command',
    ({ others, whole }) => `${others - whole} of the ${others} other rows of its command are missing, or are not its rows`,
  ),
  firstMissing: tell('command', 'the first row of its command is missing'),
  otherSizeThanFirst: tell(
    'command',
    ({ command_size: size, head_size: first }) => `says that its command has ${size} rows; the first row says ${first}`,
  ),
  notPointedTo: tell('command', 'the first row of its command does not point to it'),
  appliedTwice: tell('command', 'its command is there twice'),
  unbalanced: tell('postings', ({ currency, total }) => `the postings of its command in ${currency} sum to ${total}, not to zero`),
}

/** A flaw as a difference. What is missing is told at its own place, not at that of the row behind it. */
export function toDifference(flaw: Flaw, partition: number, row: JudgedRow): Difference {
  const { check, detail } = tellings[flaw]
  const place =
    flaw === 'gap' ? { position: row.position_before + 1 } : { entityId: row.entity_id, version: row.version, position: row.position }
  return { check, partition, ...place, detail: detail(row) }
}
