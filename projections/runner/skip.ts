// A version that a view is to leave out: a person said so, and the ledger remembers who and why.
import { hash } from 'node:crypto'
import { entityId } from '../../ledger/entity-id.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import type { DeadLetter } from './control.ts'
import type { RunName } from './leases.ts'

const letterId = ({ sink, view }: RunName, { partition, position }: Pick<VersionRecord, 'partition' | 'position'>): string =>
  entityId('deadletter', sink, `${view}.${partition}.${position}`)

export const isSkipped = async (ledger: Ledger, run: RunName, record: VersionRecord): Promise<boolean> =>
  (await ledger.read.latest(letterId(run, record))) !== undefined

/** Once and for all; said again, it changes nothing. */
export async function skip(
  ledger: Ledger,
  run: RunName,
  letter: DeadLetter,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<void> {
  const id = letterId(run, letter)
  const { partition, position, entityId: failed, version, error } = letter
  await ledger.append({
    entities: [{ id, newcomer: true }],
    bytes: 1_000,
    decide(view) {
      if (view.newcomer(id).version === 0)
        view.stage({
          scope: run.sink,
          commandId: id,
          hash: hash('sha256', id),
          actor,
          correlationId: id,
          causationId: null,
          effectiveAt: undefined,
          versions: [
            {
              entityId: id,
              event: 'VersionSkipped',
              data: { owner: run.sink, view: run.view, partition, position, entityId: failed, version, error, reason },
            },
          ],
        })
      return { keep: true, answer: () => undefined }
    },
  })
}
