// What trying again does not help against: it ends a consumer, and a person has to look.

export class Hopeless extends Error {
  override readonly name: string = 'Hopeless'
}

/** What came is not what a ledger sends. */
export class NotARecord extends Hopeless {
  override readonly name = 'NotARecord'
}

/** The ledger does not take the request: what it says, and its code. */
export class Refused extends Hopeless {
  override readonly name: string = 'Refused'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const RESTORED =
  'the ledger is another one, or was restored to an earlier time: take back what was handled of versions that are gone, or begin with an empty store (docs/guides/consume.md, "After a restore")'

/** The cursor was read from another history. */
export class ForeignCursor extends Refused {
  override readonly name = 'ForeignCursor'
  constructor() {
    super('foreign_cursor', `what was read up to the cursor is not in the ledger: ${RESTORED}`)
  }
}

/** A version came that is not the one which came before under the same number. */
export class ForeignVersion extends Hopeless {
  override readonly name = 'ForeignVersion'
  constructor(key: string) {
    super(`${key} came with another recordedAt than before: ${RESTORED}`)
  }
}
