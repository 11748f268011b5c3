// strata verify: folds every event again and compares every stored state; each difference is printed as it is found.

import type { Command } from 'commander'
import type { EntityId } from '../../ledger/entity-id.ts'
import type { Ledger } from '../../ledger/index.ts'
import type { Checked, Difference, Progress } from '../../replay/verify.ts'
import { entityArgument } from '../arguments.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { interruption } from '../interrupt.ts'
import { print } from '../output.ts'
import type { Place } from '../place.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly entity?: EntityId; readonly json?: boolean }

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('fold every event again, compare every stored state, and name each difference')
    .option('--entity <id>', 'this entity only, and the commands it is part of', entityArgument)
    .option('--json', '{checked, differences} as JSON')
  withSettingFlags(command, LEDGER_SETTINGS).action(runVerify)
}

async function runVerify({ entity, json = false, ...flags }: Options): Promise<void> {
  const [{ withLedger }, { verifyApart }, { reading }, { progressBar, clockText }] = await Promise.all([
    import('../open.ts'),
    import('../../replay/verify-apart.ts'),
    import('../read-failure.ts'),
    import('../progress-bar.ts'),
  ])
  const bar = progressBar('verifying')
  const onProgress = ({ versions, total, versionsPerSecond, secondsLeft }: Progress): void =>
    bar.update(versions, total, `${versionsPerSecond} versions/s${secondsLeft === undefined ? '' : `, ${clockText(secondsLeft)} left`}`)
  const report = json ? jsonReport() : textReport()
  const look = async ({ partitions }: Ledger, place: Place): Promise<Checked> => {
    const url = await place.workingUrl()
    const onDifference = async (difference: Difference): Promise<void> => {
      bar.stop()
      await report.difference(difference)
    }
    const signal = interruption()
    return await verifyApart({ url, partitions, entityId: entity, onDifference, onProgress, signal }).finally(() => bar.stop())
  }
  const checked = await withLedger(flags, (ledger, place) => reading(json, () => look(ledger, place)), {
    readConnections: 1,
    endsItself: true,
  })
  if (entity !== undefined && checked.versions === 0 && checked.differences === 0) throw new CommandFailed(`there is no ${entity}`)
  await report.end(checked)
  if (checked.differences > 0) process.exitCode = EXIT.differences
}

/** However many differences there are, none is held. */
interface Report {
  difference(difference: Difference): Promise<void>
  end(checked: Checked): Promise<void>
}

function textReport(): Report {
  return {
    difference: ({ check, entityId, version, partition, position, detail }) => {
      const place = [
        entityId,
        version === undefined ? undefined : `v${version}`,
        partition === undefined ? undefined : `partition ${partition}`,
        position === undefined ? undefined : `position ${position}`,
      ]
      return print(`${check}: ${place.filter((part) => part !== undefined).join(' ')}: ${detail}`)
    },
    end: async (checked) => {
      const { versions, entities, partitions, commands, postings, differences } = checked
      await print(`${versions} versions of ${entities} entities in ${partitions} partitions, ${commands} commands, ${postings} postings`)
      await print(differences === 0 ? 'no difference' : `${differences} difference${differences === 1 ? '' : 's'}`)
    },
  }
}

/** One document, written bit by bit. */
function jsonReport(): Report {
  let begun = false
  return {
    difference: async (difference) => {
      await print(`${begun ? ',' : '{"differences":['}${JSON.stringify(difference)}`)
      begun = true
    },
    end: ({ differences: _, ...checked }) => print(`${begun ? ']' : '{"differences":[]'},"checked":${JSON.stringify(checked)}}`),
  }
}
