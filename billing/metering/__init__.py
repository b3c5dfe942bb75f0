"""The meter: charging increments of joint connected time against wallets, and settling when it ends."""
