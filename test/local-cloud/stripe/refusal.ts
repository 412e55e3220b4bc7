/** An error answer in Stripe's form. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string | undefined;
  readonly parameter: string | undefined;
  /** Stripe stores an answer under its key once the call has begun, so not when a parameter was refused. */
  readonly stored: boolean;

  constructor(answer: {
    status: number;
    type?: string;
    code?: string;
    parameter?: string;
    message: string;
    stored?: boolean;
  }) {
    super(answer.message);
    this.status = answer.status;
    this.type = answer.type ?? 'invalid_request_error';
    this.code = answer.code;
    this.parameter = answer.parameter;
    this.stored = answer.stored ?? false;
  }

  toJSON(): object {
    const { code, message, parameter, type } = this;
    const docUrl =
      code === undefined ? {} : { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` };
    return { error: { ...docUrl, message, ...(parameter === undefined ? {} : { param: parameter }), type } };
  }
}

export function badParameter(code: string, parameter: string, message: string): StripeRefusal {
  return new StripeRefusal({ status: 400, code, parameter, message });
}

export function missingResource(what: string, id: string, parameter: string): StripeRefusal {
  return new StripeRefusal({
    status: 404,
    code: 'resource_missing',
    parameter,
    message: `No such ${what}: '${id}'`,
    stored: true,
  });
}

/** The call is well formed, but the object is not in a state for it. */
export function badState(message: string, code?: string): StripeRefusal {
  return new StripeRefusal({ status: 400, message, stored: true, ...(code === undefined ? {} : { code }) });
}
