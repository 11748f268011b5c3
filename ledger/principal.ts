// Who asks, and what they may do: the whole of authorisation, pure, in one place. Every route and every command asks here; who is not allowed hears which scope is missing, and nothing about what
// is there.
import { ownerOf, type EntityId } from './entity-id.ts'
import { Forbidden } from './failure.ts'

/** What a token may be allowed. docs/guides/authenticate.md explains each. */
export const SCOPES = ['submit', 'submit:any', 'consume', 'audit', 'operate'] as const
export type Scope = (typeof SCOPES)[number]

export interface Principal {
  /** Who is written into what they do. Undefined: whoever they say. */
  readonly actor: string | undefined
  /** Whose entities are their own. Undefined: nobody's. */
  readonly owner: string | undefined
  readonly scopes: ReadonlySet<Scope>
  /** When this ends, in milliseconds since 1970. Undefined: never. */
  readonly expiresAt: number | undefined
}

/** Of a server without authentication. */
export const ANYONE: Principal = { actor: undefined, owner: undefined, scopes: new Set(SCOPES), expiresAt: undefined }

export type Wish =
  /** A command on an entity of this owner. `reachesOthers`: it changes what another owner has, too. */
  | { readonly to: 'submit'; readonly owner: string; readonly reachesOthers: boolean }
  /** Entities of this owner, or of all. */
  | { readonly to: 'read'; readonly owner: string | undefined }
  | { readonly to: 'consume' }
  /** To see how the program does, and nothing of what is in it. */
  | { readonly to: 'watch' }
  | { readonly to: 'operate' }

/** Undefined: it is allowed. Else what is missing, as a sentence that says nothing of what is there. */
export function refusal({ owner, scopes }: Principal, wish: Wish): string | undefined {
  const isOwn = 'owner' in wish && wish.owner !== undefined && wish.owner === owner
  switch (wish.to) {
    case 'submit':
      if (scopes.has('submit:any')) return undefined
      if (!scopes.has('submit')) return 'a command needs the scope submit, or submit:any'
      if (!isOwn) return `commands on what is ${wish.owner}'s need the scope submit:any`
      return wish.reachesOthers ? 'a command that changes what another owner has needs the scope submit:any' : undefined
    case 'read':
      if (scopes.has('audit') || scopes.has('submit:any') || (isOwn && scopes.has('submit'))) return undefined
      return wish.owner === undefined
        ? 'what all owners have needs the scope audit, or submit:any; with the scope submit, ask for one owner, your own'
        : `what is ${wish.owner}'s needs the scope audit, or submit:any${isOwn ? ', or submit' : ''}`
    case 'consume':
      return scopes.has('consume') || scopes.has('audit') ? undefined : 'the feed needs the scope consume, or audit'
    case 'watch':
      return scopes.has('operate') || scopes.has('audit') ? undefined : 'this needs the scope operate, or audit'
    case 'operate':
      return scopes.has('operate') ? undefined : 'this needs the scope operate'
  }
}

/** Throws Forbidden. */
export function assertMay(principal: Principal, wish: Wish): void {
  const refused = refusal(principal, wish)
  if (refused !== undefined) throw new Forbidden(refused)
}

/** Whether they may see what an entity holds. */
export const maySee = (principal: Principal, id: EntityId): boolean => refusal(principal, { to: 'read', owner: ownerOf(id) }) === undefined

/** Whether no entity is hidden from them. */
export const maySeeAll = (principal: Principal): boolean => refusal(principal, { to: 'read', owner: undefined }) === undefined

export const isOver = ({ expiresAt }: Principal): boolean => expiresAt !== undefined && Date.now() >= expiresAt

/** Of a request that has come through authentication. One that has not gets no further. */
export function principalOf(request: object): Principal {
  const { principal } = request as { readonly principal?: Principal | null }
  if (!principal) throw new Error('a route was reached without authentication')
  return principal
}
