"""The doors of browsers that want to be told by push."""

from __future__ import annotations

from config import limits
from config.errors import NotFound, invalid
from server.features.notifications.errors import PushSubscriptionTaken
from server.features.notifications.requests import PushEndpointPayload, PushSubscriptionPayload
from server.features.notifications.views import PushKey, PushSubscriptionView
from server.http.routes import Access, Call, RateLimit, Route
from server.push.addresses import check_endpoint
from storage.push_subscriptions import PushSubscription, delete_subscription, save_subscription
from storage.transaction import Transaction

_SUBSCRIPTIONS = RateLimit("push_subscriptions", lambda _settings: limits.PUSH_SUBSCRIPTIONS_PER_MINUTE, 60)


async def get_push_key(call: Call[None, None]) -> PushKey:
    assert call.services.push_keys is not None, "this process was started without push keys"
    return PushKey(key=call.services.push_keys.public_key)


async def subscribe_to_push(call: Call[PushSubscriptionPayload, None]) -> PushSubscriptionView:
    payload, caller, now = call.payload, call.caller, call.clock.now()
    try:
        check_endpoint(payload.endpoint, allow_private=call.settings.push.allow_private)
    except ValueError as error:
        raise invalid([("endpoint", str(error))]) from None
    subscription = PushSubscription(
        id=call.resource_id,
        user_id=caller.user_id,
        endpoint=payload.endpoint,
        p256dh=payload.keys.p256dh.rstrip("="),
        auth=payload.keys.auth.rstrip("="),
    )

    async def save(tx: Transaction) -> PushSubscriptionView:
        maximum = limits.PUSH_SUBSCRIPTIONS_PER_USER
        id = await save_subscription(tx, subscription, login_id=caller.login_id, now=now, maximum=maximum)
        if id is None:
            raise PushSubscriptionTaken
        return PushSubscriptionView(id=id)

    return await call.database.transact(save)


async def unsubscribe_from_push(call: Call[PushEndpointPayload, None]) -> None:
    user_id, endpoint = call.caller.user_id, call.payload.endpoint
    if not await call.database.transact(lambda tx: delete_subscription(tx, user_id, endpoint)):
        raise NotFound


ROUTES = (
    Route(
        method="GET",
        path="/push-key",
        handler=get_push_key,
        summary="The key that browsers subscribe to web push with",
        tag="notifications",
        answer=PushKey,
        access=Access.PUBLIC,
    ),
    Route(
        method="POST",
        path="/me/push-subscriptions",
        handler=subscribe_to_push,
        summary="Have notifications sent to this browser for as long as this login lasts",
        tag="notifications",
        payload=PushSubscriptionPayload,
        answer=PushSubscriptionView,
        status=201,
        errors=(PushSubscriptionTaken,),
        rate_limit=_SUBSCRIPTIONS,
        description=(
            "What is sent is sealed for the browser (RFC 8291): a notification as `GET /me/notifications` lists it. A browser"
            f" that is known already goes over to this login. Beyond {limits.PUSH_SUBSCRIPTIONS_PER_USER} of a person the oldest"
            " ends."
        ),
    ),
    Route(
        method="DELETE",
        path="/me/push-subscriptions",
        handler=unsubscribe_from_push,
        summary="Send nothing to this browser any more",
        tag="notifications",
        payload=PushEndpointPayload,
        status=204,
        errors=(NotFound,),
    ),
)
