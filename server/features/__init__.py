"""The features' doors: one package per noun with its routes, requests, views and actions; `routes.py` lists them all."""
