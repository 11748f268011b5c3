// One pass of decisions over a batch of works: each is decided on what is known and on what the works before it in the batch have staged. Comes to the batch to append, or to what must be
// read first. Nothing here waits or writes.
import type { Batch, BatchCheck, BatchKey, BatchVersion } from './append.ts'
import { kindNamed } from './entities/index.ts'
import { Few, type ReadonlyFew } from './few.ts'
import { kindOf, type EntityId } from './entity-id.ts'
import { now, type Instant } from './instant.ts'
import { absent, type Known, type NewVersion } from './known.ts'
import { keyText, type CommandKey, type StoredCommand } from './load.ts'
import type { VersionRecord } from './record.ts'
import type { AppliedCommand, Line, StagedVersion, Verdict, View, Work } from './work.ts'

/** What the database has told so far, while a batch is being worked on. */
export interface Facts {
  readonly known: Map<EntityId, Known>
  /** By keyText; null: known not to be there. */
  readonly commands: Map<string, StoredCommand | null>
  /** Whether newcomers and keys may be taken to be new until the database says otherwise. */
  readonly guess: boolean
  /** Whether an entity's partition is this batch's to write to. */
  readonly holds: (id: EntityId) => boolean
}

/** A work's part of the draft. Its index in the draft is its unit in the batch. */
export interface DraftUnit {
  readonly verdict: Verdict<unknown> | undefined
  readonly failure: unknown
  readonly lines: readonly (readonly StagedVersion[])[]
  /** What was looked at, as it was before the unit. */
  readonly reads: ReadonlyFew<EntityId, Known>
  /** What the unit leaves: entities, and commands by keyText. */
  readonly own: ReadonlyFew<EntityId, Known>
  readonly ownCommands: ReadonlyFew<string, PendingCommand>
  /** Keys asked for that were not found. */
  readonly keys: ReadonlyFew<string, CommandKey>
  /** Entities of other partitions that the work turned out to need. */
  readonly elsewhere: readonly EntityId[]
}

export interface Draft {
  readonly units: readonly DraftUnit[]
  readonly missingEntities: ReadonlySet<EntityId>
  readonly missingCommands: ReadonlyMap<string, CommandKey>
  /** Records of the units' lines, put here when the batch is durable: index as in `units`. */
  readonly appended: (readonly (readonly VersionRecord[])[])[]
}

class NotKnownYet extends Error {}
const notKnownYet = new NotKnownYet('not known yet')

interface PendingCommand {
  readonly hash: string
  readonly unit: number
  readonly line: number
}

/** What the units of a draft share: what is known, what those before have staged, and what is missing. */
class Drafting implements Omit<Draft, 'units'> {
  readonly facts: Facts
  readonly pending = new Map<EntityId, Known>()
  readonly pendingCommands = new Map<string, PendingCommand>()
  readonly missingEntities = new Set<EntityId>()
  readonly missingCommands = new Map<string, CommandKey>()
  readonly appended: (readonly (readonly VersionRecord[])[])[] = []
  #clock: Instant | undefined

  constructor(facts: Facts) {
    this.facts = facts
  }

  /** The same for the whole draft, and only asked for where something depends on it. */
  get clock(): Instant {
    return (this.#clock ??= now())
  }
}

const NOTHING: readonly never[] = []

/** A unit while it is decided: the view that its work has, and what comes of it. */
class Unit implements DraftUnit, View {
  readonly #drafting: Drafting
  readonly #place: number
  verdict: Verdict<unknown> | undefined
  failure: unknown
  lines: readonly (readonly StagedVersion[])[] = NOTHING
  readonly reads = new Few<EntityId, Known>()
  own = new Few<EntityId, Known>()
  ownCommands = new Few<string, PendingCommand>()
  readonly keys = new Few<string, CommandKey>()
  elsewhere: readonly EntityId[] = NOTHING

  constructor(drafting: Drafting, place: number) {
    this.#drafting = drafting
    this.#place = place
  }

  decide(work: Work<unknown>): this {
    try {
      this.verdict = work.decide(this)
    } catch (failure) {
      // It too is verified: a state that is not the newest may be what it stumbled over.
      if (failure !== notKnownYet) this.failure = failure
    }
    if (this.verdict?.keep) this.#keep()
    else this.#letGo()
    return this
  }

  #keep(): void {
    const { pending, pendingCommands } = this.#drafting
    this.own.forEach((known, id) => pending.set(id, known))
    this.ownCommands.forEach((command, key) => pendingCommands.set(key, command))
  }

  #letGo(): void {
    this.lines = NOTHING
    this.own = new Few()
    this.ownCommands = new Few()
  }

  entity(id: EntityId): Known {
    return this.#look(id, false)
  }

  newcomer(id: EntityId): Known {
    return this.#look(id, true)
  }

  #look(id: EntityId, mayGuess: boolean): Known {
    const seen = this.own.get(id) ?? this.reads.get(id)
    if (seen) return seen
    const { facts, pending, missingEntities } = this.#drafting
    const found = pending.get(id) ?? facts.known.get(id) ?? (mayGuess && facts.guess ? absent(id) : undefined)
    if (!facts.holds(id)) {
      this.elsewhere = [...this.elsewhere, id]
      throw notKnownYet
    }
    if (!found) {
      missingEntities.add(id)
      throw notKnownYet
    }
    this.reads.set(id, found)
    return found
  }

  applied(scope: string, id: string): AppliedCommand | undefined {
    const { facts, pendingCommands, missingCommands, appended } = this.#drafting
    const key = keyText({ scope, id })
    const earlier = this.ownCommands.get(key) ?? pendingCommands.get(key)
    if (earlier) return { hash: earlier.hash, records: () => appended[earlier.unit]?.[earlier.line] ?? [] }
    const stored = facts.commands.get(key)
    if (stored) return { hash: stored.hash, records: () => stored.records }
    if (stored === undefined && !facts.guess) {
      missingCommands.set(key, { scope, id })
      throw notKnownYet
    }
    this.keys.set(key, { scope, id })
    return undefined
  }

  stage(line: Line): readonly StagedVersion[] {
    const staged = line.versions.map((next, seq) => this.#stageVersion(line, next, seq))
    this.ownCommands.set(keyText({ scope: line.scope, id: line.commandId }), {
      hash: line.hash,
      unit: this.#place,
      line: this.lines.length,
    })
    this.lines = [...this.lines, staged]
    return staged
  }

  #stageVersion(line: Line, next: NewVersion, seq: number): StagedVersion {
    const { entityId, event, data } = next
    const before = this.#look(entityId, false)
    const kind = kindNamed(kindOf(entityId))
    if (!kind) throw new Error(`no kind ${kindOf(entityId)}`)
    const version = before.version + 1
    const state = kind.evolve(before.state, next)
    const effectiveAt = next.effectiveAt ?? line.effectiveAt
    this.own.set(entityId, { entityId, version, state, effectiveFrom: before.effectiveFrom ?? effectiveAt ?? this.#drafting.clock })
    return { line, seq, entityId, version, event, data, state, effectiveAt }
  }
}

export function draft(works: readonly Work<unknown>[], facts: Facts): Draft {
  const drafting = new Drafting(facts)
  const units = works.map((work, place) => new Unit(drafting, place).decide(work))
  const { missingEntities, missingCommands, appended } = drafting
  return { units, missingEntities, missingCommands, appended }
}

/** The draft as the batch that ledger.append takes: every version, and a check for whatever was looked at and is not written by the same unit. */
export function toBatch(units: readonly DraftUnit[]): Batch {
  const versions: BatchVersion[] = []
  const checks: BatchCheck[] = []
  const keys: BatchKey[] = []
  units.forEach(({ lines, reads, own, ownCommands, keys: asked }, unit) => {
    for (const line of lines) for (const staged of line) versions.push(toBatchVersion(staged, unit))
    reads.forEach(({ version }, entityId) => own.has(entityId) || checks.push({ unit, entityId, version }))
    asked.forEach(({ scope, id }, text) => ownCommands.has(text) || keys.push({ unit, scope, id }))
  })
  return { versions, checks, keys }
}

const toBatchVersion = (staged: StagedVersion, unit: number): BatchVersion => ({
  unit,
  entityId: staged.entityId,
  version: staged.version,
  event: staged.event,
  data: JSON.stringify(staged.data),
  state: JSON.stringify(staged.state),
  schemaVersion: kindNamed(kindOf(staged.entityId))?.schemaVersion ?? 1,
  commandScope: staged.line.scope,
  commandId: staged.line.commandId,
  commandSeq: staged.seq,
  commandSize: staged.line.versions.length,
  commandHash: staged.seq === 0 ? staged.line.hash : undefined,
  actor: staged.line.actor,
  correlationId: staged.line.correlationId,
  causationId: staged.line.causationId,
  effectiveAt: staged.effectiveAt,
})
