// Promises: what stands on the command line is checked before anything is opened; what is wrong is a usage error that names it.

import { InvalidArgumentError } from 'commander'
import { type EntityId, isEntityId } from '../ledger/entity-id.ts'
import { kindNamed, kinds } from '../ledger/entities/index.ts'
import { type Instant, parseInstant } from '../ledger/instant.ts'

const WHOLE = /^\d{1,10}$/
const GREATEST_VERSION = 2_147_483_647

export function entityArgument(text: string): EntityId {
  if (isEntityId(text)) return text
  throw new InvalidArgumentError('It must be an entity id, kind:owner:local, e.g. trade:alice:T-1.')
}

export function instantArgument(text: string): Instant {
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  throw new InvalidArgumentError('It must be a time with an offset, from 1900 to 2200, e.g. 2026-01-02T03:04:05.678Z.')
}

/** From 1; one that is greater than can be kept is not wrong, it is not there. */
export function versionArgument(text: string): number {
  if (WHOLE.test(text) && Number(text) >= 1) return Math.min(Number(text), GREATEST_VERSION)
  throw new InvalidArgumentError('It must be a version: 1, 2, 3 …')
}

export function countArgument(text: string): number {
  if (WHOLE.test(text)) return Math.min(Number(text), GREATEST_VERSION)
  throw new InvalidArgumentError('It must be a whole number from 0.')
}

/** A version, or a recorded time. */
export const pointArgument = (text: string): number | Instant => (WHOLE.test(text) ? versionArgument(text) : instantArgument(text))

export function kindsArgument(text: string): readonly string[] {
  const names = text.split(',')
  if (names.every((name) => kindNamed(name) !== undefined)) return names
  throw new InvalidArgumentError(`It must be kinds, separated by commas: ${Object.keys(kinds).join(', ')}.`)
}
