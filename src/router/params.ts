/**
 * The parameters of a path, inferred from its literal: `/users/:id(int)/:tab?/*rest` gives
 * `{ id: string; tab?: string | undefined; rest: string }`. Text that is no literal gives a record of anything.
 */
export type PathParams<Path extends string> = string extends Path
  ? Readonly<Record<string, string | undefined>>
  : Flatten<SegmentParams<`${Path}/`>>

/** One segment after the other, each with its slash behind it. A constraint may have slashes: its end is looked for. */
type SegmentParams<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? Segment extends `:${infer Name}(${string}`
    ? Constrained<Name, AfterConstraint<Path>>
    : Param<Segment> & SegmentParams<Rest>
  : unknown

/** A constraint ends at the first parenthesis behind which its segment ends: the rule by which patterns are read. */
type AfterConstraint<Text extends string> = Text extends `${string})${infer After}`
  ? After extends `/${string}` | `?/${string}`
    ? After
    : AfterConstraint<After>
  : ''

type Constrained<Name extends string, After extends string> = After extends `?${infer Rest}`
  ? Param<`:${Name}?`> & SegmentParams<Rest>
  : Param<`:${Name}`> & SegmentParams<After>

type Param<Segment extends string> = Segment extends `:${infer Name}?`
  ? { readonly [Key in Name]?: string | undefined }
  : Segment extends `:${infer Name}` | `*${infer Name}`
    ? { readonly [Key in Name]: string }
    : unknown

type Flatten<Params> = { readonly [Key in keyof Params]: Params[Key] }
