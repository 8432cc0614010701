/**
 * How a type says in a sentence why code does not compile: it stands where the right type would stand, and the compiler prints it.
 *
 *     Argument of type 'Stop<"archive", …>' is not assignable to parameter of type
 *     'TypeFault<"'archive' does not fit behind 'add-email': it needs 'street', which 'add-email' does not give">'.
 */
declare const sentence: unique symbol

/** Nothing is of this type. */
export interface TypeFault<Sentence extends string> {
  readonly [sentence]: Sentence
}
