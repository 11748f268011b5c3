// An object without the members that are undefined: a document has a member, or does not.

type Optional<Members> = {
  readonly [Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<Members[Name], undefined>
}
type Required<Members> = { readonly [Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name] }

export const defined = <Members extends object>(members: Members): Optional<Members> & Required<Members> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Optional<Members> & Required<Members>
