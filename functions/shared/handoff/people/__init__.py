"""Who people are: signing in with OpenID Connect, and what is theirs afterwards."""
