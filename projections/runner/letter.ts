// Which version a person means by a partition and a position: a dead letter; or, of a view that is being built anew, whatever stops the build there.
import type { Ledger } from '../../ledger/index.ts'
import { NotFound } from '../../ledger/failure.ts'
import { builds } from './builds.ts'
import type { Control, DeadLetter } from './control.ts'
import type { RunName } from './leases.ts'

export interface Skipped {
  readonly partition: number
  readonly position: number
}

/** Throws NotFound where there is nothing to skip. */
export async function letterAt(ledger: Ledger, control: Control, run: RunName, { partition, position }: Skipped): Promise<DeadLetter> {
  const { deadLetters } = await control.status(run)
  const letter = deadLetters.find((one) => one.partition === partition && one.position === position)
  if (letter) return letter
  const where = `partition ${partition}, position ${position}`
  if (!(await builds(ledger.database).find(run))) throw new NotFound(`${run.view} in ${run.sink} has no dead letter at ${where}`)
  const {
    versions: [record],
  } = await ledger.feed.readPartition(partition, position - 1, 1).catch(() => ({ versions: [] }))
  if (!record) throw new NotFound(`there is no version at ${where}`)
  const { entityId, version, recordedAt } = record
  return { partition, position, entityId, version, error: 'it stops the build', since: recordedAt }
}
