/**
 * The parameters of a path, inferred from its literal: `/users/:id(int)/:tab?/*rest` gives
 * `{ id: string; tab?: string | undefined; rest: string }`. Text that is no literal gives a record of anything.
 */
export type PathParams<Path extends string> = string extends Path
  ? Readonly<Record<string, string | undefined>>
  : Flatten<SegmentParams<Path>>

/** One segment after the other; a constraint's own slashes and colons are skipped with its parentheses. */
type SegmentParams<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? Segment extends `:${string}(${infer Constraint}`
    ? Constraint extends `${string})` | `${string})?`
      ? Param<Segment> & SegmentParams<Rest>
      : Path extends `:${infer Name}(${string})/${infer Behind}`
        ? { readonly [Key in Name]: string } & SegmentParams<Behind>
        : Param<Segment>
    : Param<Segment> & SegmentParams<Rest>
  : Param<Path>

type Param<Segment extends string> = Segment extends `:${infer Name}?`
  ? { readonly [Key in BareName<Name>]?: string | undefined }
  : Segment extends `:${infer Name}`
    ? { readonly [Key in BareName<Name>]: string }
    : Segment extends `*${infer Name}`
      ? { readonly [Key in Name]: string }
      : unknown

type BareName<Name extends string> = Name extends `${infer Bare}(${string}` ? Bare : Name

type Flatten<Params> = { readonly [Key in keyof Params]: Params[Key] }
