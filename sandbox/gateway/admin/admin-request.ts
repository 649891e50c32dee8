/** A request as the endpoints see it. */
export interface AdminRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** The path's parts, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: {
    /** Fields of the body; none where there is no body. */
    readonly value: Readonly<Record<string, unknown>>;
    /** They came as form fields: all of them texts. */
    readonly form: boolean;
    /** The body itself where it is YAML, which `POST /config` alone takes. */
    readonly yaml?: string;
  };
}
