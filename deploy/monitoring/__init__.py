"""Rules, alerts and dashboards for who operates Postroom, and what checks them."""
