// The server of npm's web-push-testing in the foreground: its own command detaches itself.
const WebPushTestingServer = require('web-push-testing/src/server');
const { PushApiModel } = require('web-push-testing/src/PushApiModel');

new WebPushTestingServer(new PushApiModel(), Number(process.argv[2])).startServer();
