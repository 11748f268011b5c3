// What can be wrong with a row among the others of its partition and its command, and how that is told. feed-page.ts has the condition of each, in SQL.
import type { Check } from './difference.ts'
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
  before + 2 === position
    ? `position ${before + 1} is missing before it`
    : `positions ${before + 1} to ${position - 1} are missing before it`

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

/** A flaw as the check that found it, and a sentence. */
export const tellingOf = (flaw: Flaw, row: JudgedRow): { readonly check: Check; readonly detail: string } => {
  const { check, detail } = tellings[flaw]
  return { check, detail: detail(row) }
}
