// JSON values as the ledger keeps them: what JSON.parse gives, read only.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}
