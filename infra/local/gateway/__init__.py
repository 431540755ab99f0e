"""API Gateway, Lambda and CloudFront on a laptop: HTTP -> the very handlers Lambda runs -> HTTP.

app.py        the front door: which of the others answers a request
    hosts.py      the names it goes by
    functions.py  a route's request, through its function, to its response
template.py   the functions, their routes and schedules, read from template.yaml
routes.py     which route a request takes
authorizer.py who may take a route that asks for a token
event.py      request -> event (payload format 2.0)
answer.py     what the handler returned -> response; what API Gateway says when a function fails
container.py  one process that runs one function
pool.py       as many of them as the requests need
schedule.py   functions that run by the clock
messages.py   functions that a queue of SQS has messages for
    sqs.py        that queue
static.py     the page, as CloudFront serves it from its bucket
storage.py    the file system store's signed URLs, which only a laptop has
access_log.py one line of JSON per request, without paths
limits.py     AWS's limits
"""
