/** A statement of sql/queries with the types of its parameters and rows; made by the generator. */
export interface Query<Parameters, Row> {
  /** The file's name without its ending; also the name of the effect. */
  readonly name: string;
  readonly parameters: readonly (keyof Parameters & string)[];
  readonly text: string;
  /** Never set: it only carries the row's type. */
  readonly row?: Row;
}
