// Sends every message back.
export const handler = async (event) => {
  if (event.requestContext.eventType === 'MESSAGE') {
    return { statusCode: 200, body: event.body };
  }
  return { statusCode: 200 };
};
