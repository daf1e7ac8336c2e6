// A user's function: it sends the data of a message back through @connections. The SDK finds their
// endpoint in AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI.
import {
  ApiGatewayManagementApiClient, PostToConnectionCommand
} from '@aws-sdk/client-apigatewaymanagementapi'

const client = new ApiGatewayManagementApiClient({ region: 'us-east-1' })

export const handler = async event => {
  if (event.requestContext.eventType === 'MESSAGE') {
    await client.send(new PostToConnectionCommand({
      ConnectionId: event.requestContext.connectionId,
      Data: JSON.parse(event.body).data
    }))
  }
  return { statusCode: 200 }
}
